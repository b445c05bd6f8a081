import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { containerdArguments, parseCliOptions } from '../../../../supervisor/containerd/containerd-config.ts';
import { scratchPaths } from '../../../helpers/scratch-paths.ts';

test('containerdArguments() names the configuration of the package', (t) => {
	const paths = scratchPaths();
	mkdirSync(dirname(paths.containerdConfig), { recursive: true });
	writeFileSync(paths.containerdConfig, '');
	writeFileSync(
		join(dirname(paths.containerdConfig), 'runtime-config.toml'),
		'cliopts="--log-level debug"\n',
	);
	t.deepEqual(containerdArguments(paths), [
		'containerd',
		'--config',
		paths.containerdConfig,
		'--log-level',
		'debug',
	]);
});

test('containerdArguments() writes a configuration without CRI when the package has none', (t) => {
	const paths = scratchPaths();
	t.deepEqual(containerdArguments(paths), ['containerd', '--config', paths.containerdFallbackConfig]);
	t.regex(readFileSync(paths.containerdFallbackConfig, 'utf8'), /disabled_plugins[^\]]*grpc\.v1\.cri/);
});

const parses = test.macro({
	exec(t, toml: string, expected: readonly string[]) {
		t.deepEqual(parseCliOptions(toml), expected);
	},
	title: (_, toml) => `parseCliOptions() of ${JSON.stringify(toml)}`,
});

test(parses, '', []);
test(parses, 'stderr = "/var/log/x"', []);
test(parses, '# cliopts = "--no"', []);
test(parses, 'a = 1\n  cliopts = "--log-level  debug"\n', ['--log-level', 'debug']);
test(parses, "cliopts='-l x'", ['-l', 'x']);
