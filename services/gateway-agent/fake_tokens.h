#ifndef U2FI_SERVICES_GATEWAY_AGENT_FAKE_TOKENS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_FAKE_TOKENS_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/common/status/error.h"
#include "services/common/sync/sync.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// Keys that a test plugs in, touches and breaks. A key knows one key handle,
// which it finds over U2F, over CTAP2, or both. Simplification: what it "signs"
// is a fixed text. Thread-safe.
class FakeTokens : public TokenFinder {
 public:
  // What a key answers when touched: presence, counter 7, "signature".
  static std::string Signed() {
    return std::string("\x01\0\0\0\x07", 5) + "signature";
  }

  // The same over CTAP2, and what it makes to register.
  static ctap2::Assertion Ctap2Signed() {
    return {std::string(32, 'r') + std::string("\x01\0\0\0\x07", 5),
            "signature"};
  }
  static std::string Made() { return "attestation object"; }

  void Plug(const std::string& port, const std::string& key_handle,
            bool u2f = true, bool ctap2 = false) {
    std::function<void()> changed;
    {
      MutexLock lock(mutex_);
      keys_[port].handle = key_handle;
      keys_[port].u2f = u2f;
      keys_[port].ctap2 = ctap2;
      changed = on_change_;
    }
    if (changed) changed();
  }
  void Unplug(const std::string& port) {
    MutexLock lock(mutex_);
    keys_.erase(port);
  }
  // The next request at `port` that waits for a touch, now or later, gets it.
  void Touch(const std::string& port) {
    MutexLock lock(mutex_);
    ++keys_[port].touches;
  }
  // From now on requests for a touch end like this.
  void Break(const std::string& port, absl::Status status) {
    MutexLock lock(mutex_);
    keys_[port].broken = std::move(status);
  }
  void AnswerWith(const std::string& port, const std::string& answer) {
    MutexLock lock(mutex_);
    keys_[port].answer = answer;
  }
  // What it signs over CTAP2 when touched.
  void AnswerWith(const std::string& port, const ctap2::Assertion& assertion) {
    MutexLock lock(mutex_);
    keys_[port].assertion = assertion;
  }
  // Over CTAP2 it has this PIN (empty: none), with so many tries left, and does
  // not recognise its user by itself; unless told so, as it does without.
  void SetPin(const std::string& port, const std::string& pin, int tries) {
    MutexLock lock(mutex_);
    keys_[port].pin = pin;
    keys_[port].tries = tries;
    keys_[port].recognises = false;
  }
  void SetRecognises(const std::string& port, bool recognises) {
    MutexLock lock(mutex_);
    keys_[port].recognises = recognises;
  }
  // What the key says to a PIN.
  absl::Status TryPin(const std::string& port, const ctap2::Pin& pin) {
    MutexLock lock(mutex_);
    Key& key = keys_[port];
    if (key.pin == pin.c_str()) return absl::OkStatus();
    --key.tries;
    return key.tries > 0 ? Error(reason::kPinInvalid, "wrong")
                         : Error(reason::kPinBlocked, "wrong");
  }
  // Over this protocol it does not find its handle: it says `owns`.
  void SayOwns(const std::string& port, bool ctap2, absl::StatusOr<bool> owns) {
    MutexLock lock(mutex_);
    keys_[port].says[ctap2] = std::move(owns);
  }
  // What it was asked last over CTAP2.
  ctap2::AssertionRequest last_assertion(const std::string& port) {
    MutexLock lock(mutex_);
    return keys_[port].last_assertion;
  }
  ctap2::CredentialRequest last_credential(const std::string& port) {
    MutexLock lock(mutex_);
    return keys_[port].last_credential;
  }
  // How many requests for a touch there were at `port`.
  int asked(const std::string& port) {
    MutexLock lock(mutex_);
    return keys_[port].asked;
  }
  // Blocks until there were `times`.
  void WaitUntilAsked(const std::string& port, int times = 1) {
    MutexLock lock(mutex_);
    while (keys_[port].asked < times) changed_.Wait(mutex_);
  }

  std::vector<std::unique_ptr<Token>> Find(
      const std::set<std::string>& busy) override {
    std::vector<std::unique_ptr<Token>> found;
    MutexLock lock(mutex_);
    for (const auto& [port, key] : keys_) {
      if (busy.count(port) != 0) continue;
      found.push_back(std::make_unique<Opened>(*this, port, key));
    }
    return found;
  }
  std::vector<std::string> Ports() override {
    std::vector<std::string> ports;
    MutexLock lock(mutex_);
    for (const auto& [port, key] : keys_) ports.push_back(port);
    return ports;
  }
  void SetOnChange(std::function<void()> changed) override {
    MutexLock lock(mutex_);
    on_change_ = std::move(changed);
  }

 private:
  struct Key {
    std::string handle;
    bool u2f = true;
    bool ctap2 = false;
    std::string answer = Signed();
    ctap2::Assertion assertion = Ctap2Signed();
    // By protocol: what it says instead of the truth.
    std::map<bool, absl::StatusOr<bool>> says;
    ctap2::AssertionRequest last_assertion;
    ctap2::CredentialRequest last_credential;
    std::string pin;
    int tries = 8;
    bool recognises = true;
    absl::Status broken;
    int touches = 0;
    int asked = 0;
  };

  class Opened : public Token, public ctap2::Ctap2Key {
   public:
    Opened(FakeTokens& all, std::string port, const Key& key)
        : all_(all),
          port_(std::move(port)),
          u2f_(key.u2f),
          speaks_ctap2_(key.ctap2) {}

    const std::string& port() const override { return port_; }
    bool speaks_u2f() const override { return u2f_; }
    ctap2::Ctap2Key* ctap2() override { return speaks_ctap2_ ? this : nullptr; }
    absl::StatusOr<bool> Owns(absl::string_view, absl::string_view key_handle,
                              const u2fhid::WaitLimit&) override {
      return all_.Finds(port_, key_handle, false);
    }
    absl::StatusOr<ctap2::Verification> CanVerify(
        const u2fhid::WaitLimit&) override {
      MutexLock lock(all_.mutex_);
      const Key& key = all_.keys_[port_];
      return ctap2::Verification{key.recognises, !key.pin.empty()};
    }
    absl::StatusOr<int> PinRetries(const u2fhid::WaitLimit&) override {
      MutexLock lock(all_.mutex_);
      return all_.keys_[port_].tries;
    }
    absl::StatusOr<bool> Has(absl::string_view, absl::string_view id,
                             const u2fhid::WaitLimit&) override {
      return all_.Finds(port_, id, true);
    }
    absl::StatusOr<ctap2::Assertion> Sign(
        const ctap2::AssertionRequest& request,
        const u2fhid::WaitLimit& limit) override {
      if (request.pin != nullptr) {
        const absl::Status status = all_.TryPin(port_, *request.pin);
        if (!status.ok()) return status;
      }
      const auto touched = all_.WaitForTouch(port_, limit);
      if (!touched.ok()) return touched.status();
      MutexLock lock(all_.mutex_);
      all_.keys_[port_].last_assertion = request;
      return all_.keys_[port_].assertion;
    }
    absl::StatusOr<std::string> Make(const ctap2::CredentialRequest& request,
                                     const u2fhid::WaitLimit& limit) override {
      const auto touched = all_.WaitForTouch(port_, limit);
      if (!touched.ok()) return touched.status();
      MutexLock lock(all_.mutex_);
      all_.keys_[port_].last_credential = request;
      return Made();
    }
    absl::StatusOr<std::string> Register(
        absl::string_view, absl::string_view,
        const u2fhid::WaitLimit& limit) override {
      return all_.WaitForTouch(port_, limit);
    }
    absl::StatusOr<std::string> Sign(absl::string_view, absl::string_view,
                                     absl::string_view,
                                     const u2fhid::WaitLimit& limit) override {
      return all_.WaitForTouch(port_, limit);
    }

   private:
    FakeTokens& all_;
    const std::string port_;
    const bool u2f_;
    const bool speaks_ctap2_;
  };

  static absl::Status Gone() {
    return Error(reason::kTokenRemoved, "unplugged");
  }

  absl::StatusOr<bool> Finds(const std::string& port, absl::string_view handle,
                             bool ctap2) {
    MutexLock lock(mutex_);
    const auto key = keys_.find(port);
    if (key == keys_.end()) return Gone();
    const auto said = key->second.says.find(ctap2);
    if (said != key->second.says.end()) return said->second;
    return key->second.handle == handle;
  }

  absl::StatusOr<std::string> WaitForTouch(const std::string& port,
                                           const u2fhid::WaitLimit& limit) {
    Note(port);
    while (true) {
      if (limit.cancel.cancelled()) {
        return Error(reason::kTokenCancelled, "cancelled");
      }
      {
        MutexLock lock(mutex_);
        const auto key = keys_.find(port);
        if (key == keys_.end()) return Gone();
        if (!key->second.broken.ok()) return key->second.broken;
        if (key->second.touches > 0) {
          --key->second.touches;
          return key->second.answer;
        }
      }
      limit.cancel.SleepFor(absl::Milliseconds(1));
    }
  }
  void Note(const std::string& port) {
    MutexLock lock(mutex_);
    ++keys_[port].asked;
    changed_.NotifyAll();
  }

  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Key> keys_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> on_change_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_FAKE_TOKENS_H_
