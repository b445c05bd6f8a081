import test from 'ava';
import { formatReference, parseReference } from '../../../../tools/images/reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

const canonical = test.macro({
	exec(t, text: string, expected: string) {
		t.is(formatReference(parseReference(text)), expected);
	},
	title: (_, text: string) => `parseReference() of ${text}`,
});

test(canonical, 'redis', 'docker.io/library/redis:latest');
test(canonical, 'redis:3.0.7-alpine', 'docker.io/library/redis:3.0.7-alpine');
test(canonical, 'slipway/init:v1', 'docker.io/slipway/init:v1');
test(canonical, 'index.docker.io/a/b', 'docker.io/a/b:latest');
test(canonical, 'localhost/a', 'localhost/a:latest');
test(canonical, 'localhost:5000/a/b:c', 'localhost:5000/a/b:c');
test(canonical, 'registry.example/a', 'registry.example/a:latest');
test(canonical, '[::1]:5000/a:b', '[::1]:5000/a:b');
test(canonical, '[2001:db8::1]/a', '[2001:db8::1]/a:latest');
test(canonical, `a@${digest}`, `docker.io/library/a@${digest}`);
test(canonical, `a:b@${digest}`, `docker.io/library/a:b@${digest}`);

for (const text of [
	'',
	'Bad Ref!',
	'UPPER',
	'a:',
	'a:b:c',
	'a@b',
	'a@sha256:12',
	'../etc',
	'a//b',
	'[::1/a',
	'::1/a',
	'[evil]/a',
	'-a',
	`a:${'t'.repeat(129)}`,
]) {
	test(`parseReference() refuses "${text}"`, (t) => {
		t.throws(() => parseReference(text), { message: /is not an image reference/ });
	});
}
