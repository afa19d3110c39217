#ifndef U2FI_TESTS_E2E_PLUGGED_KEY_H_
#define U2FI_TESTS_E2E_PLUGGED_KEY_H_

#include <memory>
#include <string>
#include <thread>

#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "tools/soft-token/soft_token_server.h"
#include "tools/soft-token/state_folder.h"

namespace u2fi::e2e {

// What a key speaks, and whether it has a PIN.
enum class KeyKind { kU2f, kFido2Only, kFido2WithPin };

// The PIN of a key that has one.
inline constexpr char kKeyPin[] = "tulip-7";

// A software token that touches itself, behind its real socket, on a thread of
// its own.
class PluggedKey {
 public:
  // Its socket is `path`, its state in the folder `path`-state, made if need
  // be: whoever copies that folder has a clone. `clock` and `random` must
  // outlive it.
  PluggedKey(std::string path, const Clock& clock, RandomSource& random,
             KeyKind kind = KeyKind::kU2f);
  ~PluggedKey();

  // A command of its control socket, for example "touch" or "auto off".
  void Tell(const std::string& command);

 private:
  const std::string path_;
  std::unique_ptr<soft_token::StateFolder> state_;
  std::unique_ptr<soft_token::SoftToken> token_;
  std::unique_ptr<soft_token::SoftTokenServer> server_;
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_PLUGGED_KEY_H_
