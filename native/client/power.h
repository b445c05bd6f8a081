#ifndef SLIPWAY_CLIENT_POWER_H
#define SLIPWAY_CLIENT_POWER_H

/** Returns the signal by which PID 1 is asked for `poweroff`, `reboot` or `halt`; 0 for another
 * name. */
int signal_of_action(const char* name);

/** Sends the signal to PID 1; returns the exit code. */
int request_power_action(const char* name, int power_signal);

#endif
