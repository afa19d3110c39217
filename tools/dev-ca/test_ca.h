#ifndef U2FI_TOOLS_DEV_CA_TEST_CA_H_
#define U2FI_TOOLS_DEV_CA_TEST_CA_H_

#include <memory>
#include <string>

#include "services/common/rpc/tls_identity.h"
#include "tools/dev-ca/ca.h"

namespace u2fi::dev_ca {

// A CA for one test, with its files in a temporary folder that goes with it.
// Trust domain "test", certificates good for an hour. Failures end the process.
class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // Makes or renews the certificate of `identity`, for example
  // "service/challenge". Files are looked at every second.
  rpc::TlsFiles Files(const std::string& identity) const;
  // The same with a certificate of any contents, under `folder`.
  rpc::TlsFiles Files(const std::string& folder, const Leaf& leaf) const;
  // Files() of `identity`, loaded.
  std::unique_ptr<rpc::TlsIdentity> Identity(const std::string& identity) const;

  // The leaf that Files() would make, to be changed.
  Leaf LeafOf(const std::string& identity) const;
  const Ca& ca() const { return ca_; }
  // A short path for sockets and files of the test.
  const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
  const Ca ca_;
};

}  // namespace u2fi::dev_ca

#endif  // U2FI_TOOLS_DEV_CA_TEST_CA_H_
