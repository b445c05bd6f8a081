// setfattr(1), which not every machine has: node set-attribute.ts PATH NAME VALUE...

import { openAddon } from '../helpers/addon.ts';

const native = await openAddon();
const [, , path = '', name = '', value = ''] = process.argv;
native.lsetxattr(path, name, Buffer.from(value));
