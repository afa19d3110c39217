#ifndef U2FI_TESTS_PORTS_FREE_PORT_H_
#define U2FI_TESTS_PORTS_FREE_PORT_H_

namespace u2fi {

// A free loopback port for a server that is started later. It is this process's
// until it ends: neither it nor a test that runs beside it is given the same
// one. Thread-safe.
int FreePort();

}  // namespace u2fi

#endif  // U2FI_TESTS_PORTS_FREE_PORT_H_
