// The recipes that `slipway pkg new` writes, by what the image is made of.

type Starter = (name: string) => Readonly<Record<string, string>>;

const head = (name: string, what: string): string => `# ${what} docs/recipes.md describes all keys.
# "slipway pkg build" makes the image slipway/${name}:v1 of it.
image: ${name}
`;

const config = `# What a system's YAML gets without asking for it. These are keys of a service.
config:
  readonly: true
`;

export const recipeStarters: Readonly<Record<string, Starter>> = {
	debian: (name) => ({
		'build.yml': `${head(name, 'A program of a Debian package, with the libraries that it needs.')}debian:
  - package: socat
    # Only these paths. Without "take" it is the whole package; "dependencies: true" adds what it depends on.
    take: [/usr/bin/socat]
command: [/usr/bin/socat, "TCP-LISTEN:7,fork,reuseaddr", PIPE]
${config}`,
	}),
	files: (name) => ({
		'build.yml': `${head(name, 'Files of this directory. A program brings the libraries that it needs.')}copy:
  - { from: root, to: / }
# Programs of busybox, for scripts.
busybox: [sh, echo, sleep]
command: [/usr/bin/hello]
${config}`,
		'root/usr/bin/hello': '#!/bin/sh\nwhile true; do\n  echo hello\n  sleep 10\ndone\n',
	}),
	node: (name) => ({
		'build.yml': `${head(name, "A program for Node. The directory app becomes /app; it runs under Debian's nodejs.")}node: { from: app, main: main.js }
${config}`,
		'app/main.js': `const http = require('node:http');

// The first process of a container is ended by SIGTERM only if it asks for the signal.
process.on('SIGTERM', () => process.exit(0));

http.createServer((request, response) => response.end('Hello from ${name}\\n')).listen(8080);
`,
	}),
	python: (name) => ({
		'build.yml': `${head(name, "A program for Python. The directory app becomes /app; it runs under Debian's python3.")}python: { from: app, main: main.py }
${config}`,
		'app/main.py': `import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

# The first process of a container is ended by SIGTERM only if it asks for the signal.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello from ${name}\\n")


HTTPServer(("", 8080), Handler).serve_forever()
`,
	}),
	image: (name) => ({
		'build.yml': `${head(name, 'Another image of the store with files of your own. "slipway cache pull" fetches that image.')}from: docker.io/library/nginx:1.27-alpine
copy:
  - { from: site, to: /usr/share/nginx/html }
`,
		'site/index.html': `<h1>${name}</h1>\n`,
	}),
};
