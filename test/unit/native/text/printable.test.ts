import test from 'ava';
import { printable, printableLines } from '../../../../native/text/printable.ts';

const becomes = test.macro({
	exec(t, text: string, line: string, lines: string = line) {
		t.is(printable(text), line);
		t.is(printableLines(text), lines);
	},
	title: (name) => `printable() of ${name}`,
});

test('plain text', becomes, 'redis 7.0: ~ok~', 'redis 7.0: ~ok~');
test('letters of other languages', becomes, 'größe 東京 🚀', 'größe 東京 🚀');
test('lines and tabs', becomes, 'a\tb\nc', 'a b c', 'a\tb\nc');
test('a carriage return that would overwrite the line', becomes, 'ok\rFAILED', 'ok FAILED');
test('an escape sequence that clears the screen', becomes, 'a\u001b[2Jb', 'a [2Jb');
test('an eight-bit control sequence', becomes, 'a\u009b2Jb', 'a 2Jb');
test('a title and a clipboard command', becomes, '\u001b]52;c;aGk=\u0007', ' ]52;c;aGk= ');
test('a right-to-left override', becomes, 'evil\u202egpj.exe', 'evil gpj.exe');
test('a zero-width space and a byte order mark', becomes, 'a\u200bb\ufeffc', 'a b c');
test('line and paragraph separators', becomes, 'a\u2028b\u2029c', 'a b c');
test('DEL and NUL', becomes, 'a\u007fb\u0000c', 'a b c');
