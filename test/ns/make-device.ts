// `ip link add NAME type dummy`, which not every machine has: node make-device.ts NAME

import { openAddon } from '../helpers/addon.ts';

const native = await openAddon();
native.linkCreate(process.argv[2] ?? '', 'bridge');
