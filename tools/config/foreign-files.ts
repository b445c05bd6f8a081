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
	if (!isMap(contents)) return null;
	if (valueAt(contents, 'apiVersion') !== undefined && valueAt(contents, 'kind') !== undefined)
		return `This is a manifest of Kubernetes. ${aSystem}`;
	const services = valueAt(contents, 'services');
	if (!isMap(services)) return null;
	const names = services.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
	const [first = 'web'] = names;
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

function valueAt(map: YAMLMap, name: string): unknown {
	return map.items.find(({ key }) => isScalar(key) && key.value === name)?.value;
}
