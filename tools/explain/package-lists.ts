// The Debian or Alpine packages of an image and their files, by the lists that images carry: dpkg's (/var/lib/dpkg/status and
// /var/lib/dpkg/info/NAME.list; distroless images have /var/lib/dpkg/status.d) and apk's (/lib/apk/db/installed, apk-package(5)).

const dpkgList = /(?:^|\/)var\/lib\/dpkg\/info\/([^/]+?)(?::[a-z0-9]+)?\.list$/;
const dpkgStatus = /(?:^|\/)var\/lib\/dpkg\/status(?:\.d\/[^/]+)?$/;
const apkDatabase = /(?:^|\/)(?:usr\/)?lib\/apk\/db\/installed$/;

export function isPackageList(path: string): boolean {
	return dpkgList.test(path) || dpkgStatus.test(path) || apkDatabase.test(path);
}

interface PackageList {
	readonly path: string;
	readonly text: string;
}

/** Returns the versions of the packages that are installed, by their names. */
export function packageVersions(lists: readonly PackageList[]): ReadonlyMap<string, string> {
	const versions = new Map<string, string>();
	for (const { path, text } of lists) {
		const isDebian = dpkgStatus.test(path);
		if (!isDebian && !apkDatabase.test(path)) continue;
		const [nameKey, versionKey] = isDebian ? ['Package: ', 'Version: '] : ['P:', 'V:'];
		let name = '';
		for (const line of text.split('\n')) {
			if (line.startsWith(nameKey)) name = line.slice(nameKey.length);
			// The list keeps packages that were removed, for their configuration.
			if (isDebian && /^Status: (?!.* installed$)/.test(line)) name = '';
			if (line.startsWith(versionKey) && name !== '') versions.set(name, line.slice(versionKey.length));
		}
	}
	return versions;
}

/** Returns the package of a path; null for one that no list names. The paths of `lists` have the image's place before them. */
export function packageOwners(lists: readonly PackageList[]): (path: string) => string | null {
	const owners = new Map<string, string>();
	for (const { path, text } of lists) {
		if (dpkgStatus.test(path)) continue;
		const debian = dpkgList.exec(path);
		const prefix = path.slice(0, (debian ?? apkDatabase.exec(path))?.index ?? 0);
		const place = prefix === '' ? '' : `${prefix}/`;
		const files = debian === null ? apkFiles(text) : debianFiles(text, debian[1] ?? '');
		for (const { file, name } of files) owners.set(`${place}${withoutUsr(file)}`, name);
		owners.set(path, debian?.[1] ?? 'apk-tools');
	}
	return (path) => owners.get(path) ?? owners.get(movedFromUsr(path)) ?? null;
}

interface OwnedFile {
	/** Without a leading slash. */
	readonly file: string;
	readonly name: string;
}

function* debianFiles(text: string, name: string): Generator<OwnedFile, void> {
	for (const line of text.split('\n')) if (line.length > 2) yield { file: line.slice(1), name };
}

function* apkFiles(text: string): Generator<OwnedFile, void> {
	let name = '';
	let folder = '';
	for (const line of text.split('\n')) {
		if (line.startsWith('P:')) name = line.slice(2);
		if (line.startsWith('F:')) folder = line.slice(2);
		if (line.startsWith('R:'))
			yield { file: folder === '' ? line.slice(2) : `${folder}/${line.slice(2)}`, name };
	}
}

/** dpkg's lists say /lib/x where a merged /usr has usr/lib/x. Both are looked up without usr/. */
function withoutUsr(file: string): string {
	return file.replace(/^usr\/(?=(?:bin|sbin|lib\w*)\/)/, '');
}

function movedFromUsr(path: string): string {
	return path.replace(/(^|\/)usr\/(?=(?:bin|sbin|lib\w*)\/)/, '$1');
}
