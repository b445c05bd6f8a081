import test from 'ava';
import { senderRules } from '../../../../supervisor/network/sender-rules.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';

test('senderRules() lets each link send from its own addresses alone', (t) => {
	const rules = senderRules([bridgeNetwork('web', 2), bridgeNetwork('db', 3)]);
	t.regex(rules, /^table bridge slipway\ndelete table bridge slipway\ntable bridge slipway \{\n/);
	const pairs = (more: readonly string[]) =>
		more.map((text) => text.replaceAll('MAC', '02:42:0a:d5:00:02').replaceAll('LINK', '"slip-0ad50002"'));
	for (const element of pairs([
		'LINK . MAC . 10.213.0.2',
		'LINK . MAC . fd5c:1ba7:a710::2',
		'LINK . MAC . fe80::42:aff:fed5:2',
		'LINK . MAC . ::',
		'LINK . MAC . MAC . 10.213.0.2',
		'iifname LINK @th,64,128 0xfe8000000000000000420afffed50002 return',
	]))
		t.true(rules.includes(element), element);
	t.false(rules.includes('"slip-0ad50002" . 02:42:0a:d5:00:03'));
	t.regex(rules, /\n\t\tdrop\n\t\}\n\}\n$/);
});
