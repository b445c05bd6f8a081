import test from 'ava';
import { countersName, instrument } from '../../../fuzz/engine/instrument.ts';

/** Runs the body of a function, and returns its value and the counters. */
async function run(body: string): Promise<{ value: unknown; counts: number[] }> {
	const { code, counterCount } = instrument(`export function f() {${body}}`);
	const counters = new Uint32Array(counterCount);
	Object.assign(globalThis, { [countersName]: counters });
	const url = `data:text/javascript,${encodeURIComponent(code)}`;
	const { f } = (await import(url)) as { f(): unknown };
	return { value: f(), counts: [...counters] };
}

const bodies: readonly [body: string, value: unknown, counts: number[]][] = [
	['return 1', 1, [1]],
	['if (true) return 1; return 2', 1, [1, 1, 0]],
	['if (false) return 1; return 2', 2, [1, 0, 1]],
	['let n = 0; if (n) if (n) n = 1; else n = 2; return n', 0, [1, 0, 1, 0, 0]],
	['let n = 0; if (n) { n = 1 } else if (!n) { n = 2 } else n = 3; return n', 2, [1, 0, 1, 0]],
	['let n = 0; for (const i of [1, 2, 3]) n += i; return n', 6, [1, 3]],
	['let n = 0; do n++; while (n < 4); return n', 4, [1, 4]],
	['return true ? false || 5 : 6', 5, [1, 1, 0, 1]],
	['switch (2) { case 1: return 1; case 2: default: return 7 }', 7, [1, 0, 1]],
	['try { throw 1 } catch { return 8 }', 8, [1, 1]],
	['const g = (a) => ({ a }); return g(9).a', 9, [1, 1]],
	['outer: for (;;) for (;;) break outer; return 3', 3, [1, 1, 1]],
];
for (const [body, value, counts] of bodies) {
	test.serial(`instrument() counts in ${body}`, async (t) => {
		t.deepEqual(await run(body), { value, counts });
	});
}

test('instrument() collects short texts of the source', (t) => {
	const { literals } = instrument("const a = 'keyword', b = `head${a}tail`, c = 5;");
	t.deepEqual(literals.toSorted(), ['head', 'keyword', 'tail']);
});
