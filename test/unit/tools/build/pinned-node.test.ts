import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { checkedNodeDigest, nodePath } from '../../../../tools/build/pinned-node.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('checkedNodeDigest() accepts the Node that runs this test', async (t) => {
	t.is(process.execPath, nodePath());
	t.regex(await checkedNodeDigest(), /^[0-9a-f]{64}$/);
});

test('checkedNodeDigest() refuses a Node that is not the recorded one', async (t) => {
	const changed = join(scratchFolder(t), 'node');
	writeFileSync(changed, 'another program');
	const error = await t.throwsAsync(checkedNodeDigest(changed), { code: 'DIGEST_MISMATCH' });
	t.true(error.message.startsWith(`${changed} has the SHA-256 `));
	t.regex(error.message, /node\.sha256 expects [0-9a-f]{64}\. Nothing is built with it\./);
});

test('checkedNodeDigest() refuses any Node when the file records no hash', async (t) => {
	const empty = join(scratchFolder(t), 'node.sha256');
	writeFileSync(empty, '');
	await t.throwsAsync(checkedNodeDigest(nodePath(), empty), { code: 'DIGEST_MISMATCH' });
});
