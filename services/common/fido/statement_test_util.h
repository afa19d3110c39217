#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_TEST_UTIL_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_TEST_UTIL_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/fido/fake_webauthn_token.h"
#include "services/common/fido/statement.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {

// One part of a good statement spoiled, and the step that must refuse it.
struct StatementFault {
  const char* name;
  const char* step;
  const Reason& reason;
  std::function<void(FakeWebAuthnToken&)> apply;
};
inline void PrintTo(const StatementFault& fault, std::ostream* out) {
  *out << fault.name;
}

using VerifyFunction =
    absl::StatusOr<StatementResult> (*)(const StatementInputs&);

// Gives the token's statement to the verifier of its format.
inline absl::StatusOr<StatementResult> RunStatement(
    const FakeWebAuthnToken& token, VerifyFunction verify) {
  const std::string client_data = "client data";
  const crypto::Digest hash = crypto::Sha256(client_data);
  const std::string bytes = token.AuthenticatorData();
  const AuthenticatorData data = *ParseAuthenticatorData(bytes);
  const CborValue statement = *ParseCbor(token.Statement(client_data));
  const CredentialKey key = *CredentialKey::FromCose(data.credential->key);
  return verify({statement, bytes, data, key, hash, {}});
}

inline void ExpectStatementRefused(FakeWebAuthnToken token,
                                   const StatementFault& fault,
                                   VerifyFunction verify) {
  fault.apply(token);
  const auto result = RunStatement(token, verify);
  EXPECT_THAT(result, HasReason(fault.reason));
  EXPECT_EQ(StepOf(result.status()), fault.step);
}

template <size_t kCount>
void ExpectAFaultForEach(const std::vector<std::string>& names,
                         const StatementFault (&faults)[kCount]) {
  std::set<std::string> steps;
  for (const StatementFault& fault : faults) steps.insert(fault.step);
  for (const std::string& name : names)
    EXPECT_EQ(steps.count(name), 1u) << name;
}

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_TEST_UTIL_H_
