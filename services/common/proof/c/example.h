#ifndef U2FI_SERVICES_COMMON_PROOF_C_EXAMPLE_H_
#define U2FI_SERVICES_COMMON_PROOF_C_EXAMPLE_H_

/* A whole device: what it keeps, and what it does with a command. */

#include "u2fi_proof.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What survives a restart. One that cannot be read is not a blank device: see
 * README.md. */
typedef struct {
  uint8_t pins[2048];
  size_t pins_size;
  u2fi_window window;
  /* Milliseconds since 1970: a lower bound. Your timer adds what passes; if it
   * stood still, leases would not end. */
  uint64_t now_ms;
} device_state;

/* What the firmware brings. */
typedef struct {
  u2fi_crypto crypto;
  u2fi_bytes id;
  /* Returns once the state is on flash. */
  void (*save)(void *context, const device_state *state);
  /* Does what the operation says. */
  void (*act)(void *context, const u2fi_verified *command);
  void *context;
} device;

/* Handles a command with its proof: refuses it, or remembers it and acts. */
u2fi_reason device_handle(const device *self, device_state *state,
                          u2fi_bytes command, u2fi_bytes proof);

#ifdef __cplusplus
}
#endif

#endif /* U2FI_SERVICES_COMMON_PROOF_C_EXAMPLE_H_ */
