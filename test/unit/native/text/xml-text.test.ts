import test from 'ava';
import { xmlText } from '../../../../native/text/xml-text.ts';

test('xmlText() leaves no markup and no character that XML lacks', (t) => {
	t.is(
		xmlText('<a href="x">&amp;\u0000\u001b\u202e\ud800</a>\n'),
		'&lt;a href=&quot;x&quot;&gt;&amp;amp;\ufffd\ufffd\ufffd\ufffd&lt;/a&gt;\n',
	);
	t.is(xmlText('größe 5 µs 🚢'), 'größe 5 µs 🚢');
});
