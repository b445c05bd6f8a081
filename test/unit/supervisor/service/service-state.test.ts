import test from 'ava';
import { type Probe, serviceRules } from '../../../../supervisor/contract/supervision.ts';
import { initialState, isReady, type ServiceState } from '../../../../supervisor/service/service-state.ts';

const plain = serviceRules({});
const probe: Probe = { how: { tcp: 80 }, intervalMs: 1, timeoutMs: 1, retries: 1 };
const inPhase = (phase: ServiceState['phase']): ServiceState => ({
	...initialState,
	phase,
	pid: 7,
	startedAtMs: 1,
});

test('isReady() holds for a running service without a readiness probe', (t) => {
	t.true(isReady(inPhase('running'), plain));
	t.false(isReady(inPhase('running'), serviceRules({ ready: probe })));
	t.true(isReady(inPhase('ready'), serviceRules({ ready: probe })));
	t.false(isReady(inPhase('unhealthy'), plain));
});
