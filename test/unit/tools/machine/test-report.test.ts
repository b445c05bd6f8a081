import test from 'ava';
import { junitXml } from '../../../../tools/machine/test-report.ts';

test('junitXml() has a case for each step, and nothing of a guest leaves its text', (t) => {
	const failure = 'The service <a> "failed"\n  \u001b[31m]]>&';
	const xml = junitXml({
		name: 'web',
		exitCode: 125,
		failure,
		steps: [
			{ name: 'build', durationMs: 1500, failure: null },
			{ name: 'ready', durationMs: 250, failure },
		],
	});
	t.is(
		xml,
		`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="web" tests="2" failures="1" errors="0" time="1.750">
    <testcase classname="web" name="build" time="1.500"/>
    <testcase classname="web" name="ready" time="0.250">
      <failure message="The service &lt;a&gt; &quot;failed&quot;">The service &lt;a&gt; &quot;failed&quot;
   [31m]]&gt;&amp;</failure>
    </testcase>
  </testsuite>
</testsuites>
`,
	);
});
