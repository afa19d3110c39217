#ifndef U2FI_TESTS_E2E_PERSON_H_
#define U2FI_TESTS_E2E_PERSON_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/rpc/tls_identity.h"
#include "services/gateway-agent/identity.h"
#include "tests/e2e/one_site.h"
#include "tests/e2e/plugged_key.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::e2e {

// Somebody of the same tenant with an account, a home with a gateway of its
// own, and a key, which may be brought along to the site (one of OneSite's
// visitors). Failures are those of the test.
class Person {
 public:
  // Makes account `name`, site `home-<name>` and gateway `g-<name>`, and
  // enrols the key there. Then the home's gateway is switched off. `site` must
  // outlive this object.
  Person(OneSite& site, const std::string& name);
  ~Person();

  // Plugs the key in at home, and switches the gateway there on.
  void GoHome();

  // The key as a device may pin it, and the proof that it was enrolled.
  proof::v1::PinnedKey Pinned(uint32_t roles) const;
  proof::v1::EnrolmentProof Enrolment() const;

  PluggedKey& key() { return key_; }
  const std::string& name() const { return name_; }

 private:
  struct Home;

  void MakeRecords();
  void Enrol();

  OneSite& site_;
  const std::string name_;
  PluggedKey key_;
  std::unique_ptr<rpc::TlsIdentity> tls_;
  std::unique_ptr<gateway_agent::AgentIdentity> identity_;
  std::unique_ptr<Home> home_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_PERSON_H_
