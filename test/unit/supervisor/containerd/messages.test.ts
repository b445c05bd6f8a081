import { readFileSync } from 'node:fs';
import test from 'ava';
import { PbfReader, PbfWriter } from 'pbf';
import {
	type Container,
	readContainer,
	readWaitResponse,
	writeContainer,
	writeKillRequest,
} from '../../../../supervisor/containerd/messages.ts';
import { currentMessages } from '../../../../tools/build/containerd-messages.ts';

test('messages.ts is generated from containerd.proto', (t) => {
	const file = new URL('../../../../supervisor/containerd/messages.ts', import.meta.url);
	t.true(readFileSync(file, 'utf8') === currentMessages(), 'run: node tools/build/containerd-messages.ts');
});

test('readContainer() reads what writeContainer() writes', (t) => {
	const container: Container = {
		id: 'redis',
		labels: { a: 'b' },
		runtime: { name: 'io.containerd.runc.v2' },
		spec: { type_url: 'x', value: new Uint8Array([1, 2]) },
	};
	const writer = new PbfWriter();
	writeContainer(container, writer);
	const reader = new PbfReader(writer.finish());
	t.like(readContainer(reader), container);
});

test('writeKillRequest() writes the bytes of the protobuf encoding', (t) => {
	const writer = new PbfWriter();
	writeKillRequest({ container_id: 'ab', signal: 9 }, writer);
	t.is(Buffer.from(writer.finish()).toString('hex'), '0a0261621809');
});

test('readWaitResponse() skips fields that it does not know', (t) => {
	// exit_status = 137, then exited_at, a message.
	t.is(readWaitResponse(new PbfReader(Buffer.from('0889011202080a', 'hex'))).exit_status, 137);
});
