// Finds this machine's cgroups of version 2: the mount point itself, or the one beside version 1.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const usual = '/sys/fs/cgroup';
const besideOne = join(usual, 'unified');

export const cgroupRoot = existsSync(join(besideOne, 'cgroup.controllers')) ? besideOne : usual;
