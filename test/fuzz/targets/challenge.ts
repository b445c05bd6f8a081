// Headers of a registry's answer: challenges, the pause before a retry, and where a redirect leads.

import { parseChallenges } from '../../../tools/registry/challenge.ts';
import { followedUrl } from '../../../tools/registry/endpoint.ts';
import { parseRetryAfter } from '../../../tools/registry/retry.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isForUser } from '../support/declared.ts';

export const target: FuzzTarget = {
	seeds: [
		'Bearer realm="https://a/t",service="s",scope="repository:a:pull", Basic realm=x',
		'Basic realm="a\\"b" , Bearer error = invalid_token',
		'Wed, 21 Oct 2015 07:28:00 GMT',
		'120',
		'/v2/a/blobs?x=y',
		'https://other.example/x',
	],
	words: [
		'Bearer ',
		'Basic ',
		'realm="',
		'",',
		'\\"',
		' = ',
		',,',
		'https://',
		'//',
		'__proto__=',
		'constructor=x',
	],
	declares: isForUser,
	run(input) {
		// Node gives headers as latin1.
		const text = input.toString('latin1');
		for (const { scheme, parameters } of parseChallenges(text)) {
			if (scheme !== scheme.toLowerCase()) throw new Violation(`scheme ${scheme}`);
			if (Object.getPrototypeOf(parameters) !== Object.prototype)
				throw new Violation('the prototype of parameters');
		}
		const pauseMs = parseRetryAfter(text, 0);
		if (pauseMs !== null && !(pauseMs >= 0)) throw new Violation(`a pause of ${pauseMs}`);
		const url = followedUrl(text, new URL('https://h/'), 'h');
		if (url.protocol !== 'https:') throw new Violation(`from https to ${url.href}`);
	},
};
