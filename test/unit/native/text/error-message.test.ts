import test from 'ava';
import { errorMessage } from '../../../../native/text/error-message.ts';

test('errorMessage() of an error is its message', (t) => t.is(errorMessage(new TypeError('no')), 'no'));
test('errorMessage() of anything else is its text', (t) => {
	t.deepEqual([errorMessage('x'), errorMessage(7), errorMessage(undefined)], ['x', '7', 'undefined']);
});
