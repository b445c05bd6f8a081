import test from 'ava';
import { parseBuildOptions } from '../../../../tools/options/build-options.ts';

const rules = (...args: readonly string[]) => parseBuildOptions([...args, 'a.yml']).rules;

test('trustRules() of --require-digest: a rule for all images, or for those of a name', (t) => {
	t.deepEqual(rules('--require-digest'), [{ askedBy: '--require-digest', names: null, keyFiles: [] }]);
	t.is(rules('--require-digest', 'b.yml', './system', '-')[0]?.names, null);
	for (const name of ['linuxkit', 'linuxkit/getty', 'ghcr.io/a/b', 'nginx:1.25']) {
		t.throws(() => rules('--require-digest', name), {
			name: 'UsageError',
			message: `--require-digest ${name}: --require-digest takes its value after "=". Write --require-digest=${name}`,
		});
	}
	t.throws(() => rules('--require-digest='), {
		name: 'UsageError',
		message: '--require-digest=: expected an organization or an image, such as linuxkit.',
	});
	t.deepEqual(rules('--require-digest=linuxkit')[0]?.names, { orgs: ['linuxkit'], images: ['linuxkit'] });
});

test('trustRules() of --verify-key: a rule has all keys of its name', (t) => {
	t.deepEqual(rules('--verify-key', 'a.pub', '--verify-key', 'x/y=b.pub', '--verify-key=c.pub'), [
		{ askedBy: '--verify-key', names: null, keyFiles: ['a.pub', 'c.pub'] },
		{ askedBy: '--verify-key', names: { orgs: ['x/y'], images: ['x/y'] }, keyFiles: ['b.pub'] },
	]);
	for (const wrong of ['=a.pub', 'linuxkit=', '']) {
		t.throws(() => rules('--verify-key', wrong), {
			name: 'UsageError',
			message: /expected FILE or NAME=FILE/,
		});
	}
});
