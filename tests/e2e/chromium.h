#ifndef U2FI_TESTS_E2E_CHROMIUM_H_
#define U2FI_TESTS_E2E_CHROMIUM_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/devtools.h"
#include "tests/e2e/web_authn.h"

namespace u2fi::e2e {

// A page in a real Chromium, with a key that is Chromium's own (a virtual
// authenticator, which touches itself). The page is empty and comes from no
// network: what it answers is made by Chromium alone.
class Chromium : public WebAuthn {
 public:
  struct Options {
    // Of the page, "https://host".
    std::string origin;
    // "ctap2" or "u2f".
    std::string protocol = "ctap2";
    // The key recognises its user.
    bool verifies_user = false;
  };

  // UNAVAILABLE if Chromium does not start, INTERNAL if it refuses.
  static absl::StatusOr<std::unique_ptr<Chromium>> Open(const Options& options);

  // PERMISSION_DENIED with the name of the DOMException if the browser refuses,
  // as to a key that has one of `exclude`.
  absl::StatusOr<common::v1::RegistrationAnswer> Create(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& exclude) override;
  absl::StatusOr<proof::v1::Answer> Get(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& candidates) override;

 private:
  Chromium() = default;
  absl::Status Visit(const Options& options);
  // Runs `async (argument) => …` in the page.
  absl::StatusOr<DevTools::Json> Run(const std::string& function,
                                     const DevTools::Json& argument);

  const store::TempDir folder_;
  std::string page_;
  // Ends first: until then events come for the page.
  std::unique_ptr<DevTools> browser_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_CHROMIUM_H_
