import test from 'ava';
import { valuePosition } from '../../../../tools/config/value-position.ts';

const text = `services:
  - name: a
    binds:
      - /a:/a
      - "/b:/b"
    health: {exec: [x, y]}
  - &b
    name: b
    <<: {net: host}
`;
const at = (line: number, column: number) => ({ file: 'a.yml', line, column });

test('valuePosition() of values in a record', (t) => {
	t.deepEqual(valuePosition(text, at(2, 5), ['binds', 1]), at(5, 9));
	t.deepEqual(valuePosition(text, at(2, 5), ['health', 'exec', 1]), at(6, 24));
	t.deepEqual(valuePosition(text, at(2, 5), []), at(2, 5));
});

test('valuePosition() of what the text does not have is that of the record, or of the last part that is there', (t) => {
	t.deepEqual(valuePosition(text, at(2, 5), ['net']), at(2, 5));
	t.deepEqual(valuePosition(text, at(2, 5), ['binds', 7]), at(4, 7));
	t.deepEqual(valuePosition(text, at(9, 1), ['net']), at(9, 1));
	t.deepEqual(valuePosition('', at(1, 1), ['net']), at(1, 1));
});
