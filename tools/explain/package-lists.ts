// Which Debian or Alpine package a file belongs to, by the lists of packages that images carry: dpkg's
// (/var/lib/dpkg/info/NAME.list) and apk's (/lib/apk/db/installed, apk-package(5)).

const dpkgList = /(?:^|\/)var\/lib\/dpkg\/info\/([^/]+?)(?::[a-z0-9]+)?\.list$/;
const apkDatabase = /(?:^|\/)(?:usr\/)?lib\/apk\/db\/installed$/;

export function isPackageList(path: string): boolean {
	return dpkgList.test(path) || apkDatabase.test(path);
}

/** Returns the package of a path; null for one that no list names. The paths of `lists` have the image's place before them. */
export function packageOwners(
	lists: readonly { readonly path: string; readonly text: string }[],
): (path: string) => string | null {
	const owners = new Map<string, string>();
	for (const { path, text } of lists) {
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
