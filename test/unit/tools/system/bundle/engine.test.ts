import test from 'ava';
import type { RuntimeSpec } from '../../../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../../../supervisor/contract/seccomp-profile.ts';
import { seccompFilter } from '../../../../../supervisor/engine/seccomp-filter.ts';
import { compiledSeccomp, engineWord, isBuiltin } from '../../../../../tools/system/bundle/engine.ts';

const container = { name: 'a', image: 'a', at: {} } as unknown as Parameters<typeof isBuiltin>[0];
const kernel = (cmdline: string) => ({ kernel: { image: 'k', cmdline } }) as Parameters<typeof isBuiltin>[2];
const spec = (seccomp?: object) => ({ linux: seccomp === undefined ? {} : { seccomp } }) as RuntimeSpec;

test('isBuiltin() takes the word of the container before that of the kernel, and never for a service', (t) => {
	const asked = kernel(`console=ttyS0 ${engineWord}`);
	t.true(isBuiltin(container, 'onboot', asked));
	t.false(isBuiltin(container, 'onboot', kernel('console=ttyS0')));
	t.false(isBuiltin({ ...container, engine: 'runc' }, 'onboot', asked));
	t.true(isBuiltin({ ...container, engine: 'builtin' }, 'onshutdown', { kernel: null }));
	t.false(isBuiltin(container, 'services', asked));
});

test('compiledSeccomp() is the filter that PID 1 would compile on that processor', (t) => {
	for (const [architecture, name] of [
		['amd64', 'SCMP_ARCH_X86_64'],
		['arm64', 'SCMP_ARCH_AARCH64'],
	] as const) {
		const profile = defaultSeccompProfile(['CAP_CHOWN'], architecture);
		const { filter, problem } = compiledSeccomp(spec(profile), architecture);
		t.is(problem, null);
		t.deepEqual(filter, Buffer.from(seccompFilter(profile, name)));
	}
	t.is(compiledSeccomp(spec(), 'amd64').filter, null);
	t.is(compiledSeccomp(spec(defaultSeccompProfile([], 's390x')), 's390x').filter, null);
});

test('compiledSeccomp() says what the engine can not have', (t) => {
	const { filter, problem } = compiledSeccomp(spec({ defaultAction: 'SCMP_ACT_NOTIFY' }), 'amd64');
	t.is(filter, null);
	t.regex(problem ?? '', /SCMP_ACT_NOTIFY/);
});
