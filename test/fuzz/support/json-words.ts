// The words and signs of JSON texts.

export const jsonWords: readonly string[] = [
	...[
		'{',
		'}',
		'[',
		']',
		',',
		':',
		'""',
		'null',
		'true',
		'0',
		'-1',
		'1e400',
		'1.5',
		'[]',
		'{}',
		'[[]]',
		'[null]',
	],
	...[
		'"__proto__":',
		'"constructor":',
		'"toString":',
		'\\u0000',
		'\\ud800',
		'\\n',
		'"\\u001b[31m"',
		'"\u202e"',
	],
	...['9007199254740993', '18446744073709551615'],
];
