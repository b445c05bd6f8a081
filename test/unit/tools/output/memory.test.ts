import test from 'ava';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('packSegments() holds no file in memory: 300 MB packed with far less', async (t) => {
	const script = 'test/unit/tools/output/fixtures/pack-large.ts';
	const size = String(300 * 1024 * 1024);
	const ran = await runProgram(process.execPath, ['--no-warnings', script, scratchFolder(t), size]);
	t.is(ran.exitCode, 0, ran.stderr);
	const { grownBytes, packedBytes } = JSON.parse(ran.stdout) as { grownBytes: number; packedBytes: number };
	t.log(`grew by ${Math.round(grownBytes / 1e6)} MB, packed to ${packedBytes} bytes`);
	t.true(packedBytes > 1000);
	t.true(grownBytes < 150e6, `grew by ${grownBytes} bytes`);
});
