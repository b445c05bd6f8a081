// Fuzzes what machines of the network send to `slipway serve`: packets of TFTP and DHCP, and Range and addresses of HTTP requests.

import { bootReplyPacket, parseBootQuery } from '../../../tools/serve/dhcp-packets.ts';
import { parseRange } from '../../../tools/serve/http-range.ts';
import { parseMac, parseUuid } from '../../../tools/serve/machines.ts';
import { chooseOptions, optionsPacket, parseTftp } from '../../../tools/serve/tftp-packets.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { never } from '../support/declared.ts';

/** RFC 2131's fixed part, the cookie, and options 53, 60, 77, 93 and 97. */
const dhcpQuery = Buffer.from(
	`010106005eadbeef${'00'.repeat(20)}525400123456${'00'.repeat(202)}63825363350101${'3c09505845436c69656e74'}4d04695058455d02000761110${'0'.repeat(33)}ff`,
	'hex',
);

export const target: FuzzTarget = {
	seeds: [
		'\0\x01boot.ipxe\0octet\0blksize\x001428\0tsize\x000\0timeout\x005\0windowsize\x0016\0',
		'\0\x01a\0netascii\0\0\0',
		'\0\x02a\0octet\0',
		'\0\x04\0\x01',
		'\0\x05\0\x03disk full\0',
		dhcpQuery,
		'bytes=10-20',
		'bytes=-5',
		'52:54:00:12:34:56',
		'2b6d4f0e-5c1b-4a5c-9f0e-1d2c3b4a5968',
	],
	words: ['\0', 'octet\0', 'blksize\0', 'windowsize\0', 'bytes=', '-', ':'],
	declares: never,
	maxBytes: 2048,
	run(input) {
		const packet = parseTftp(input);
		if (packet?.kind === 'read') {
			const { blockBytes, windowBlocks, timeoutMs, acknowledged } = chooseOptions(packet.options, 1000);
			const memory = blockBytes * windowBlocks;
			if (!(blockBytes >= 8 && windowBlocks >= 1 && timeoutMs >= 1000 && memory <= 64 * 65464))
				throw new Violation(`blocks of ${blockBytes}, ${windowBlocks} in a window`);
			if (optionsPacket(acknowledged).length > 512) throw new Violation('a long list of options');
		}
		const query = parseBootQuery(input);
		if (query !== null) {
			const reply = bootReplyPacket(query, { server: '192.0.2.1', bootFile: 'ipxe.efi' });
			if (reply.length > 576) throw new Violation(`a reply of ${reply.length} bytes`);
		}
		const text = input.toString('latin1');
		const range = parseRange(text, 1000);
		if (range !== null && range !== 'unsatisfiable' && !(range.from <= range.to && range.to < 1000))
			throw new Violation(`the range ${range.from}-${range.to}`);
		const names = [parseMac(text), parseUuid(text)].filter((name) => name !== null);
		if (names.some((name) => !/^[\da-f:-]{17,36}$/.test(name))) throw new Violation(`the name ${names[0]}`);
	},
};
