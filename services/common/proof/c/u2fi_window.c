/* The device's memory against replays. */
#include "u2fi_proof.h"

int u2fi_window_take(u2fi_window *window, uint64_t sequence) {
  uint64_t distance;
  if (sequence > window->high) {
    distance = sequence - window->high;
    if (distance > U2FI_WINDOW_MAX_STEP) return 0;
    window->taken = distance < 64 ? window->taken << distance : 0;
    window->high = sequence;
  }
  distance = window->high - sequence;
  if (sequence == 0 || distance >= 64 || (window->taken >> distance & 1) != 0) {
    return 0;
  }
  window->taken |= (uint64_t)1 << distance;
  return 1;
}
