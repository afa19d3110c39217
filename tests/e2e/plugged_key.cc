#include "tests/e2e/plugged_key.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "services/common/status/status_matchers.h"
#include "tools/soft-token/control_port.h"

namespace u2fi::e2e {

PluggedKey::PluggedKey(std::string path, const Clock& clock,
                       RandomSource& random, KeyKind kind)
    : path_(std::move(path)), stop_(eventfd(0, EFD_CLOEXEC)) {
  auto state = soft_token::StateFolder::Open(path_ + "-state", clock, random);
  EXPECT_OK(state);
  state_ = std::make_unique<soft_token::StateFolder>(*std::move(state));
  soft_token::SoftToken::Options options;
  options.touch = soft_token::TouchMode::kAuto;
  options.u2f = kind == KeyKind::kU2f;
  options.ctap2 = !options.u2f;
  token_ = std::make_unique<soft_token::SoftToken>(
      clock, random,
      soft_token::SoftToken::State{state_->identity(), state_->counter(),
                                   state_->pin()},
      options);
  if (kind == KeyKind::kFido2WithPin && !token_->has_pin()) {
    EXPECT_OK(token_->SetFirstPin(kKeyPin));
  }
  auto server = soft_token::SoftTokenServer::Start(
      *token_, clock, {path_, path_ + "-control", -1, stop_});
  EXPECT_OK(server);
  server_ = std::make_unique<soft_token::SoftTokenServer>(*std::move(server));
  thread_ = std::thread([this] { EXPECT_OK(server_->Run()); });
}

PluggedKey::~PluggedKey() {
  const uint64_t one = 1;
  EXPECT_EQ(write(stop_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  thread_.join();
  close(stop_);
}

void PluggedKey::Tell(const std::string& command) {
  EXPECT_OK(soft_token::SendControl(path_ + "-control", command));
}

}  // namespace u2fi::e2e
