import test from 'ava';
import { isPackageList, packageOwners, packageVersions } from '../../../../tools/explain/package-lists.ts';

test("isPackageList() knows dpkg's and apk's lists at any place of the tree", (t) => {
	for (const path of [
		'var/lib/dpkg/info/libc6:amd64.list',
		'containers/services/redis/lower/var/lib/dpkg/info/redis.list',
		'lib/apk/db/installed',
		'containers/onboot/000-a/rootfs/usr/lib/apk/db/installed',
	])
		t.true(isPackageList(path), path);
	for (const path of ['var/lib/dpkg/info/libc6.md5sums', 'etc/apk/world', 'installed'])
		t.false(isPackageList(path), path);
});

test('packageOwners() finds the Debian package, also where /usr is merged', (t) => {
	const place = 'containers/services/a/lower';
	const ownerOf = packageOwners([
		{
			path: `${place}/var/lib/dpkg/info/libc6:amd64.list`,
			text: '/.\n/lib\n/lib/x86_64-linux-gnu/libc.so.6\n',
		},
		{ path: `${place}/var/lib/dpkg/info/bash.list`, text: '/.\n/usr/share/doc/bash/README\n' },
	]);
	t.is(ownerOf(`${place}/usr/lib/x86_64-linux-gnu/libc.so.6`), 'libc6');
	t.is(ownerOf(`${place}/usr/share/doc/bash/README`), 'bash');
	t.is(ownerOf('usr/share/doc/bash/README'), null);
	t.is(ownerOf(`${place}/etc/passwd`), null);
});

test('packageOwners() finds the Alpine package', (t) => {
	const text =
		'C:Q1\nP:musl\nV:1.2\nF:lib\nR:libc.musl-x86_64.so.1\nZ:Q1\n\nP:busybox\nF:bin\nR:busybox\nF:\nR:top\n';
	const ownerOf = packageOwners([{ path: 'lib/apk/db/installed', text }]);
	t.is(ownerOf('lib/libc.musl-x86_64.so.1'), 'musl');
	t.is(ownerOf('bin/busybox'), 'busybox');
	t.is(ownerOf('top'), 'busybox');
	t.is(ownerOf('bin/other'), null);
});

test('packageVersions() has what is installed, of dpkg and apk', (t) => {
	const versions = packageVersions([
		{
			path: 'a/var/lib/dpkg/status',
			text: 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
		},
		{ path: 'a/var/lib/dpkg/status.d/tzdata', text: 'Package: tzdata\nVersion: 2024a\n' },
		{ path: 'a/var/lib/dpkg/info/libc6.list', text: '/.\nPackage: no\nVersion: 3\n' },
		{ path: 'b/lib/apk/db/installed', text: 'C:Q1\nP:musl\nV:1.2.4-r2\nF:lib\n' },
	]);
	t.deepEqual(
		[...versions],
		[
			['libc6', '2.36-9'],
			['tzdata', '2024a'],
			['musl', '1.2.4-r2'],
		],
	);
});
