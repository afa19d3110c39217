#include "services/common/store/errors.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status/error.h"
#include "services/common/store/store.h"

namespace u2fi::store {

absl::Status Aborted(absl::string_view key) {
  return Error(reason::kStoreAborted,
               key.empty() ? "the commit did not reach the store"
                           : absl::StrCat("key ", key, " has changed"),
               {{"key", std::string(key)}});
}

absl::Status EpochChanged() {
  return Error(reason::kStoreEpochChanged,
               "the store has another incarnation: read again");
}

absl::Status OutcomeUnknown(absl::string_view cause) {
  return WithRetry(
      Error(reason::kStoreOutcomeUnknown,
            absl::StrCat("it is not known if this was written: ", cause)),
      absl::Seconds(1));
}

absl::Status Unavailable(absl::string_view cause) {
  constexpr char kPrefix[] = "the store cannot be used: ";
  absl::ConsumePrefix(&cause, kPrefix);
  return WithRetry(
      Error(reason::kStoreUnavailable, absl::StrCat(kPrefix, cause)),
      absl::Seconds(1));
}

absl::Status ReadTooLarge() {
  return Error(reason::kStoreLimit,
               absl::StrCat("the values exceed ", kMaxReadBytes, " bytes"),
               {{"limit", absl::StrCat(kMaxReadBytes)}});
}

absl::Status Corrupt(absl::string_view key, absl::string_view problem) {
  return Error(reason::kStoreCorrupt,
               absl::StrCat("record ", key, ": ", problem),
               {{"key", std::string(key)}});
}

}  // namespace u2fi::store
