import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { configuredRules } from '../../../../tools/resolve/configured-rules.ts';

test('configuredRules() of each file: its names with its keys, which stand beside it', (t) => {
	const one = 'trust: {org: [linuxkit], image: [redis]}\n';
	const two = 'trust: {org: [acme], keys: [acme.pub, /etc/keys/b.pub]}\n';
	const { trust } = loadConfig([
		{ name: 'one.yml', text: one },
		{ name: '/srv/two.yml', text: two },
	]);
	t.deepEqual(configuredRules(trust), [
		{ askedBy: '"trust" at one.yml:1:8', names: { orgs: ['linuxkit'], images: ['redis'] }, keyFiles: [] },
		{
			askedBy: '"trust" at /srv/two.yml:1:8',
			names: { orgs: ['acme'], images: [] },
			keyFiles: ['/srv/acme.pub', '/etc/keys/b.pub'],
		},
	]);
});
