import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { withConsole } from '../../../../tools/machine/describe-machine.ts';

const consoles = test.macro({
	exec(t, processor: keyof typeof processors, given: string, expected: string) {
		t.is(withConsole(given, processors[processor]), expected);
	},
	title: (_, processor, given) => `withConsole() of ${processor}: ${given}`,
});

test(consoles, 'amd64', 'console=ttyS0  quiet', 'console=ttyS0  quiet');
test(consoles, 'arm64', 'console=ttyS0 quiet', 'console=ttyAMA0 quiet');
test(consoles, 'arm64', 'console=ttyS0,115200n8 quiet', 'console=ttyAMA0 quiet');
test(consoles, 'arm64', 'console=tty0 console=ttyS0 console=ttyAMA0', 'console=tty0 console=ttyAMA0');
test(consoles, 'arm64', 'quiet', 'quiet');
