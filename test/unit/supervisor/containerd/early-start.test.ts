import test from 'ava';
import { asRuntimeConfig } from '../../../../supervisor/bundle/bundle.ts';
import { mayStartEarly } from '../../../../supervisor/containerd/early-start.ts';

const bind = (source: string, ...options: string[]) => ({ destination: '/x', source, options });
const runtime = (...destinations: string[]) =>
	asRuntimeConfig({ mounts: destinations.map((destination) => ({ destination })) }, 'runtime.json');

const decides = test.macro({
	exec(t, mount: ReturnType<typeof bind>, expected: boolean) {
		t.is(mayStartEarly([{ runtime: runtime(), mounts: [mount] }], ''), expected);
	},
	title: (_, mount: ReturnType<typeof bind>) =>
		`mayStartEarly() beside an onboot container with ${mount.source} ${mount.options.join(',')}`,
});

test(decides, bind('/var', 'rbind', 'rshared'), false);
test(decides, bind('/', 'rbind', 'shared'), false);
test(decides, bind('/var/lib', 'bind', 'rshared'), false);
test(decides, bind('/var/lib/containerd/io', 'bind', 'rshared'), false);
test(decides, bind('/var/log', 'rbind', 'rshared'), false);
test(decides, bind('/var/lib/docker', 'rbind', 'rshared'), true);
test(decides, bind('/var', 'rbind'), true);
test(decides, bind('/var', 'rbind', 'rslave'), true);
test(decides, bind('/dev', 'rbind', 'rshared'), true);

test('mayStartEarly() considers mounts of runtime.json and the folders of config.toml', (t) => {
	t.true(mayStartEarly([], ''));
	t.true(mayStartEarly([{ runtime: runtime('/containers/onboot/000-a/rootfs'), mounts: [] }], ''));
	t.false(mayStartEarly([{ runtime: runtime('/var'), mounts: [] }], ''));
	t.false(mayStartEarly([{ runtime: runtime('/data'), mounts: [] }], 'root = "/data/containerd"\n'));
	t.true(mayStartEarly([{ runtime: runtime('/data'), mounts: [] }], ''));
});
