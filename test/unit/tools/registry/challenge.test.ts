import test from 'ava';
import { type Challenge, parseChallenges } from '../../../../tools/registry/challenge.ts';

const reads = test.macro({
	exec(t, header: string, expected: readonly Challenge[]) {
		t.deepEqual(parseChallenges(header), expected);
	},
	title: (_, header: string) => `parseChallenges() of ${header}`,
});

test(reads, '', []);
test(reads, 'Basic', [{ scheme: 'basic', parameters: {} }]);
test(reads, 'Bearer realm="https://a/t",service="s, t",scope="repository:a/b:pull,push"', [
	{
		scheme: 'bearer',
		parameters: { realm: 'https://a/t', service: 's, t', scope: 'repository:a/b:pull,push' },
	},
]);
test(reads, 'Basic realm="a \\"b\\"", Bearer Realm=c', [
	{ scheme: 'basic', parameters: { realm: 'a "b"' } },
	{ scheme: 'bearer', parameters: { realm: 'c' } },
]);
