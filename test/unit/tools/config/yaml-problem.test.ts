import test from 'ava';
import { problemsOf } from '../../../helpers/config-problems.ts';

const says = test.macro({
	exec(t, text: string, ...expected: readonly string[]) {
		const heads = problemsOf(text)
			.split('\n')
			.filter((line) => !line.startsWith('  '));
		t.deepEqual(
			heads,
			expected.map((each) => `a.yml:${each}`),
		);
	},
	title: (_, text) => `yamlProblems() of ${JSON.stringify(text)}`,
});

const neither = 'This is neither "key: value" nor "- item"';
test(says, 'init: [\n', '1:7: What begins here has no ] at its end.');
test(says, 'kernel: {image: k\ninit: []\n', '1:9: What begins here has no } at its end.');
test(says, 'init:\n- "a\n- b\n', '2:3: What begins here has no " at its end.');
test(says, 'init:\n\t- a\n', '2:1: A tab stands here, where only spaces may be.');
test(says, 'init:\n- @b\n', "2:3: A value can't begin with @. Put it in quotes.");
test(says, 'kernel:\n  cmdline: a: b\n', '2:12: A second ": " stands in this line. Put the value in quotes.');
test(says, 'kernel:\n  cmdline: "a" b\n', '2:16: Nothing may follow the value. Put all of it in quotes.');
test(says, 'kernel:\n  cmdline a\n  image: k\n', `2:3: ${neither}, or the lines below stand too far right.`);
test(says, 'services:\n  - name:web\n    image: i\n', '2:5: A space is missing after the ":".');
test(says, 'services:\n  -name: web\n   image: i\n', '2:10: A space is missing after the "-" of this line.');
test(
	says,
	'kernel:\n  image: k\n    tar: a\n',
	'2:10: The line below stands too far right. A key begins in the column of the keys that it belongs to.',
);
test(says, 'init:\n- a\n-b\n', `3:1: ${neither}.`);
test(
	says,
	'kernel:\n  image: k\n cmdline: a\n',
	'3:1: This key begins in another column than the keys that it belongs to.',
);
test(
	says,
	'services:\n  - name: a\n   image: b\n',
	"3:1: This line stands left of its item's other keys. Begin it in their column.",
);
test(
	says,
	'init:\n  - a\n - b\n',
	'3:1: This "- item" begins in another column than the list that it belongs to.',
);
test(says, 'init: - a\n', "1:7: A list can't begin here. Begin it in the next line.");
test(says, 'init: [a]]\n', '1:10: Nothing was begun that could end here.');
test(says, 'init: []\n---\n{}\n', '2:1: A second document begins here; give each a file of its own.');
test(says, 'init: []\n"init": []\n', '2:1: The key "init" stands here for the second time.');
test(says, '%FOO\n---\ninit: []\n', '1:1: Unknown directive %FOO.');
test(says, 'kernel: {cmdline: !!int x}\n', '1:19: This value is not what its tag says.');
const braces = 'Inside brackets a value with "${" needs quotes.';
test(says, 'init: [${X}]\n', `1:9: ${braces}`);
test(says, 'kernel: {image: k, cmdline: a=${X}}\n', `1:32: ${braces}`);
test(says, 'init: ["a" "b"]\n', '1:12: A "," is missing here, or quotes round the value.');
test(
	says,
	' kernel:\n   image: k\ninit: []\n',
	'3:1: This line stands left of the keys above it. Begin all of them in the same column.',
);
test(says, 'init: [a,,b]\n', '1:10: A "," stands here with nothing before it. Leave it out.');
test(
	says,
	'init: ["\\d"]\n',
	'1:9: "\\d" has no meaning in double quotes. Write \\\\ for a backslash, or put the text in single quotes.',
);
const anchor = 'begins the name of an anchor, which is missing. A text with it needs quotes.';
test(says, 'kernel:\n  cmdline: & a\n', `2:12: A "&" ${anchor}`);
test(says, 'kernel:\n  cmdline: * * *\n', `2:12: A "*" ${anchor}`);
const space = 'looks like a space or like nothing. Write it anew.';
test(
	says,
	'kernel:\n  image: k\n  tar:\u00a0k\n',
	`3:3: ${neither}. The line has the character U+00A0, which ${space}`,
);
test(
	says,
	'kernel:\n  \u200bimage: k\n',
	`2:3: Unknown key "\u200bimage" in kernel. Did you mean "image"? The line has the character U+200B, which ${space}`,
);
// In quotes and comments such a space is a character as any other.
test(says, 'kernel: {image: 1} # \u00a0\n', '1:17: image: expected a text, found 1. Put it in quotes.');
