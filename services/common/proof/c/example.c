/* A device with the kit, in 60 lines. Leases are left out: it takes no offers,
 * and a lease in its pin set runs until its time is over. */
#include "example.h"

static void install(device_state *state, const u2fi_verified *verified) {
  size_t i;
  if (verified->unbind) state->pins_size = 0;
  if (verified->next_pins.size == 0) return;
  for (i = 0; i < verified->next_pins.size; ++i) {
    state->pins[i] = verified->next_pins.data[i];
  }
  state->pins_size = verified->next_pins.size;
}

u2fi_reason device_handle(const device *self, device_state *state,
                          u2fi_bytes command, u2fi_bytes proof) {
  static const u2fi_input kEmpty;
  u2fi_input in = kEmpty;
  u2fi_verified verified;
  u2fi_reason reason;

  in.crypto = &self->crypto;
  in.command = command;
  in.proof = proof;
  in.pins.data = state->pins;
  in.pins.size = state->pins_size;
  in.device = self->id;
  in.now_ms = state->now_ms;
  in.skew_ms = 30000;

  /* 1. People approved exactly this, or the pin set calls it free. */
  reason = proof.size > 0 ? u2fi_verify(&in, &verified)
                          : u2fi_verify_free(&in, &verified);
  if (reason != U2FI_OK) return reason;

  /* 2. It was not done before. (Answer SEQUENCE_STALE with window.high.) */
  if (!u2fi_window_take(&state->window, verified.sequence)) {
    return U2FI_REASON_COUNT;
  }

  /* 3. Remember first, act afterwards. */
  if (verified.touched_at_ms > state->now_ms) {
    state->now_ms = verified.touched_at_ms;
  }
  if (verified.next_pins.size > 0 || verified.unbind) {
    install(state, &verified);
    self->save(self->context, state);
    return U2FI_OK;
  }
  self->save(self->context, state);
  self->act(self->context, &verified);
  return U2FI_OK;
}
