#ifndef U2FI_TOOLS_SOFT_TOKEN_FAKE_PIN_STORE_H_
#define U2FI_TOOLS_SOFT_TOKEN_FAKE_PIN_STORE_H_

#include "services/common/status/error.h"
#include "tools/soft-token/pin_store.h"

namespace u2fi::soft_token {

// A PIN in memory. Simplification: it forgets everything with the object.
class FakePinStore : public PinStore {
 public:
  const PinRecord& record() const override { return record_; }
  absl::Status Save(const PinRecord& record) override {
    if (broken_) return Error(reason::kInternal, "the store is broken");
    record_ = record;
    return absl::OkStatus();
  }

  // From now on nothing is saved.
  void Break() { broken_ = true; }

 private:
  PinRecord record_;
  bool broken_ = false;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_FAKE_PIN_STORE_H_
