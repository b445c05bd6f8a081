// PAX records as bytes (pax(1)): `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record and its own digits.

export interface PaxRecord {
	readonly key: string;
	readonly value: Uint8Array;
}

export function encodePaxRecords(records: readonly PaxRecord[]): Buffer {
	return Buffer.concat(records.map(encode));
}

function encode({ key, value }: PaxRecord): Buffer {
	const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
	let length = rest.length;
	while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
	return Buffer.concat([Buffer.from(String(length)), rest]);
}
