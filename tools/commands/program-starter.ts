// The system that `slipway new` writes for a program of the user's own, in Node or Python, beside the recipe of its image
// (tools/package/recipe-starters.ts).

const languages = {
	node: { what: 'Node', file: 'main.js', debianPackage: 'nodejs' },
	python: { what: 'Python', file: 'main.py', debianPackage: 'python3' },
} as const;

export type Language = keyof typeof languages;

export function isLanguage(word: string): word is Language {
	return Object.hasOwn(languages, word);
}

/**
 * Returns the YAML.
 *
 * @param path - of the YAML file itself
 * @param folder - the directory of the recipe
 */
export function programSystem(language: Language, name: string, path: string, folder: string): string {
	const { what, file, debianPackage } = languages[language];
	return `# A machine that runs a program of your own, for ${what}: ${folder}/app/${file}.
#   slipway pkg build ${folder}
#   slipway build ${path}
#   slipway run --publish 8080:8080 ${name}
#   curl http://127.0.0.1:8080/
# "pkg build" takes ${debianPackage} from apt. Repeat it, and "build", after each change of the program.
kernel:
  image: slipway/kernel:v1
  cmdline: "console=ttyS0"
init:
  - slipway/init:v1
  - slipway/runc:v1
  - slipway/containerd:v1
onboot:
  # An address for the machine. "-1": get one and end, so that what follows finds the network up.
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: ["/sbin/dhcpcd", "--nobackground", "-f", "/dhcpcd.conf", "-1"]
services:
  # A root shell on the console, without a password: fine for a try, not for a machine that others reach.
  - name: getty
    image: slipway/getty:v1
    env:
      - INSECURE=true
  - name: ${name}
    image: slipway/${name}:v1
    net: host
    # "slipway run --until-ready" and "service wait" wait for this.
    ready: { tcp: 8080 }
# Getty and dhcpcd may do what the labels of these images ask for.
trust:
  labels: [slipway]
`;
}
