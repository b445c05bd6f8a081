// Package URLs (the purl specification): `pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64`.

/**
 * @param namespace - such as `debian` or `@sigstore`; may be empty
 * @param qualifiers - empty ones are left out
 */
export function purl(
	type: string,
	namespace: string,
	name: string,
	version: string,
	qualifiers: Readonly<Record<string, string>> = {},
): string {
	const place = [namespace, name].filter((part) => part !== '').map(encodeURIComponent);
	const query = Object.entries(qualifiers)
		.filter(([, value]) => value !== '')
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(
			([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':')}`,
		);
	// A digest's colon is written %3A in the specification's examples, a Debian epoch's is not.
	const encoded = encodeURIComponent(version).replace(/^(\d+)%3A/, '$1:');
	return `pkg:${[type, ...place].join('/')}@${encoded}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}
