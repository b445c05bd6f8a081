import test from 'ava';
import { proxyFor } from '../../../../tools/registry/proxy.ts';

const goesThrough = test.macro({
	exec(t, address: string, env: NodeJS.ProcessEnv, expected: string | null) {
		t.is(proxyFor(env)(new URL(address))?.href ?? null, expected);
	},
	title: (_, address: string, env: NodeJS.ProcessEnv) =>
		`proxyFor() ${address} with ${
			Object.entries(env)
				.map((pair) => pair.join('='))
				.join(' ') || 'nothing'
		}`,
});

const [secure, plain] = ['http://s.proxy:1/', 'http://p.proxy:2/'];
const both = { HTTPS_PROXY: secure, http_proxy: plain };
test(goesThrough, 'https://r.example/v2/', {}, null);
test(goesThrough, 'https://r.example/v2/', both, secure);
test(goesThrough, 'http://r.example/v2/', both, plain);
test(goesThrough, 'https://r.example/', { https_proxy: secure, HTTPS_PROXY: plain }, plain);
test(goesThrough, 'https://r.example/', { https_proxy: secure, HTTPS_PROXY: '' }, secure);
test(goesThrough, 'https://r.example/', { HTTP_PROXY: plain, ALL_PROXY: plain }, null);
test(goesThrough, 'https://r.example/', { HTTPS_PROXY: 'u:p@s.proxy:1' }, 'http://u:p@s.proxy:1/');
test(goesThrough, 'https://r.example/', { HTTPS_PROXY: 'https://s.proxy' }, 'https://s.proxy/');

for (const host of ['localhost', 'localhost:5000', '127.0.0.1', '127.8.9.1:5000', '[::1]:5000']) {
	test(goesThrough, `http://${host}/`, both, null);
}
test(goesThrough, 'http://127.example/', both, plain);

const excepted: readonly (readonly [string, string, boolean])[] = [
	['r.example', '*', true],
	['r.example', 'other, r.example', true],
	['R.example', 'r.EXAMPLE', true],
	['a.r.example', 'r.example', true],
	['ar.example', 'r.example', false],
	['r.example', '.r.example', false],
	['a.r.example', '.r.example', true],
	['a.r.example', '*.r.example', true],
	['r.example', '*.r.example', false],
	['r.example:5000', 'r.example:5000', true],
	['r.example', 'r.example:443', true],
	['r.example', 'r.example:5000', false],
	['10.1.2.3:5000', '10.1.2.3', true],
	['10.1.2.3', '10.1.2.3:5000', false],
	['10.1.2.3', '10.0.0.0/8', true],
	['11.1.2.3', '10.0.0.0/8', false],
	['10.example', '10.0.0.0/8', false],
	['[fd00::1]:5000', 'fd00::1', true],
	['[fd00::1]:5000', '[fd00::1]:5000', true],
	['[fd00::1]', '[fd00::1]:5000', false],
	['[fd00::2]', 'fd00::/8', true],
	['r.example', '10.0.0.0/99, ,', false],
];
for (const [host, list, isDirect] of excepted) {
	test(goesThrough, `https://${host}/`, { HTTPS_PROXY: secure, NO_PROXY: list }, isDirect ? null : secure);
}

for (const text of ['socks5://user:password@p:1080', 'http://', '::']) {
	test(`proxyFor() refuses ${text} without showing it`, (t) => {
		const error = t.throws(() => proxyFor({ https_proxy: text })(new URL('https://r.example')), {
			code: 'BAD_INPUT',
			message: /HTTPS_PROXY.*expected http:\/\/HOST:PORT/,
		});
		t.false(error.message.includes('password'));
	});
}
