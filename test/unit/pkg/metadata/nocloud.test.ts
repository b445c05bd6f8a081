import test from 'ava';
import { noCloudSeed } from '../../../../pkg/metadata/nocloud.ts';

const seeds: readonly [commandLine: string, expected: ReturnType<typeof noCloudSeed>][] = [
	['quiet', null],
	['ds=nocloud', null],
	['ds=nocloud;s=/cdrom/', null],
	['ds=ec2;s=http://a/', null],
	[
		'ds=nocloud-net;s=http://192.0.2.1:8080/machines/web',
		{ url: 'http://192.0.2.1:8080/machines/web/', hostname: null },
	],
	['a ds=nocloud;h=web;seedfrom=http://a/ b', { url: 'http://a/', hostname: 'web' }],
	['ds=nocloud-net;s=http://a/ "ds=nocloud-net;s=http://b/"', { url: 'http://b/', hostname: null }],
];
for (const [commandLine, expected] of seeds) {
	test(`noCloudSeed() of ${commandLine}`, (t) => t.deepEqual(noCloudSeed(commandLine), expected));
}
