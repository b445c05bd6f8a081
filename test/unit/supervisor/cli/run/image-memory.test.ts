import test from 'ava';
import { imageMemoryBytes } from '../../../../../supervisor/cli/run/image-memory.ts';

test('imageMemoryBytes() is half of what is free', (t) => {
	t.is(imageMemoryBytes('MemTotal: 90000 kB\nMemAvailable:    20001 kB\n'), 10_000 * 1024);
	t.is(imageMemoryBytes(''), 2 ** 20, 'never none, which would be no limit');
});
