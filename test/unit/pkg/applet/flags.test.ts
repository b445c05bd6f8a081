import test from 'ava';
import { parseFlags, refuseWords } from '../../../../pkg/applet/flags.ts';

const defaults = { type: 'ext4', force: false, timeout: 30, condition: [] };

const reads = test.macro({
	exec(t, line: string, flags: Partial<typeof defaults>, rest: readonly string[]) {
		t.deepEqual(parseFlags(line.split(' '), defaults), { flags: { ...defaults, ...flags }, rest });
	},
	title: (_, line) => `parseFlags() ${line}`,
});

test(reads, '-type xfs', { type: 'xfs' }, []);
test(reads, '--type=xfs -force', { type: 'xfs', force: true }, []);
test(reads, '-type=a=b', { type: 'a=b' }, []);
test(reads, '-type=', { type: '' }, []);
test(reads, '-type -force', { type: '-force' }, []);
test(reads, '-force /dev/vda -type xfs', { force: true }, ['/dev/vda', '-type', 'xfs']);
test(reads, '-force=false -timeout 5', { timeout: 5 }, []);
test(reads, '-force -- -type', { force: true }, ['-type']);
test(reads, '-type xfs -type ext2', { type: 'ext2' }, []);
test(reads, '--condition a --condition b', { condition: ['a', 'b'] as never }, []);
test(reads, '- -force', {}, ['-', '-force']);

const refuses = test.macro({
	exec(t, line: string, problem: string) {
		t.throws(() => parseFlags(line.split(' '), defaults), {
			name: 'AppletError',
			message: `${problem}. Options: -type VALUE, -force, -timeout NUMBER, -condition VALUE.`,
		});
	},
	title: (_, line) => `parseFlags() refuses ${line}`,
});

test(refuses, '-tpye ext4', 'there is no option -tpye');
test(refuses, '-type', 'the option -type lacks its value');
test(refuses, '-force=maybe', '-force can\'t be "maybe"');
test(refuses, '-timeout soon', '-timeout can\'t be "soon"');
test(refuses, '-constructor', 'there is no option -constructor');

test('refuseWords() names the first word that is too many', (t) => {
	t.notThrows(() => refuseWords([]));
	t.throws(() => refuseWords(['a', 'b']), { message: '"a" is no option' });
});
