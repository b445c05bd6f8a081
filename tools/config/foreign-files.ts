// Recognizes files of other programs in the place of a system's YAML: one answer says more than an error for each of their keys.

import { type Document, isMap, isScalar, type YAMLMap } from 'yaml';

/** For whoever has a Dockerfile. */
export const dockerfileAnswer =
	'slipway builds no Dockerfile. Build it with "docker build -t NAME .", bring the image here with ' +
	'"docker save NAME | slipway cache import -", and name it in a YAML file. A recipe (build.yml) makes an image of Debian packages ' +
	'and files; "slipway pkg new DIR" writes one.';

/** Returns what the file is and what to do with it, or null for a file that may be a system's. */
export function foreignFile(text: string, { contents }: Document.Parsed): string | null {
	if (isDockerfile(text)) return `This is a Dockerfile. ${dockerfileAnswer}`;
	if (/^#cloud-config\s/.test(text))
		return 'This is a file for cloud-init, which a running system reads: "slipway run --data FILE NAME" gives it to one with the package metadata.';
	if (text.includes('\0')) return 'This is no text, so it is no YAML file.';
	if (isTableFile(text))
		return `This is a file of tables or variables (TOML, INI, .env, a unit of systemd), and no YAML. ${aSystem}`;
	if (!isMap(contents)) return null;
	if (valueAt(contents, 'apiVersion') !== undefined && valueAt(contents, 'kind') !== undefined)
		return `This is a manifest of Kubernetes. ${aSystem}`;
	const services = valueAt(contents, 'services');
	// A list was meant in a file that has what only a system has.
	if (!isMap(services) || ['kernel', 'init'].some((key) => valueAt(contents, key) !== undefined)) return null;
	const names = services.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
	const [first = 'web'] = names;
	// An item of a list without the space after its "-".
	if (first.startsWith('-')) return null;
	return (
		`This is a file of Docker Compose. ${aSystem} Each service becomes an item of the list "services", such as ` +
		`"- name: ${first}" with "image: docker.io/library/nginx:1.27" below it; "ports" become "slipway run --publish 8080:80", ` +
		'"depends_on" becomes "after", and "volumes" become "binds".'
	);
}

const aSystem =
	'A system has a kernel, the images of its init, and a list of services: "slipway new NAME" writes one to start from.';

/** The first instruction of a Dockerfile is FROM, or ARG before it (Docker's Dockerfile reference). */
function isDockerfile(text: string): boolean {
	const first = text.split(/\r?\n/, 1000).find((line) => !/^\s*(?:#|$)/.test(line)) ?? '';
	return /^\s*(?:FROM\s+\S+(?:\s+AS\s+\S+)?|ARG\s+\w+(?:=\S*)?)\s*$/i.test(first);
}

/** The first line is `[section]` or `name = value`, and each line up to the next is one of both. */
function isTableFile(text: string): boolean {
	const lines = text.split(/\r?\n/, 1000).filter((line) => !/^\s*(?:[#;]|$)/.test(line));
	return (
		lines.length > 0 &&
		lines.slice(0, 2).every((line) => /^\s*(?:\[{1,2}[\w. -]+\]{1,2}|[\w.-]+\s*=.*)\s*$/.test(line))
	);
}

function valueAt(map: YAMLMap, name: string): unknown {
	return map.items.find(({ key }) => isScalar(key) && key.value === name)?.value;
}
