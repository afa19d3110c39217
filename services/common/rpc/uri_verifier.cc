#include "services/common/rpc/uri_verifier.h"

#include <functional>
#include <utility>

#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::TlsCustomVerificationCheckRequest;

class UriVerifier : public ExternalCertificateVerifier {
 public:
  explicit UriVerifier(std::string uri) : uri_(std::move(uri)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    std::vector<absl::string_view> uris;
    for (const grpc::string_ref& uri : request->uri_names()) {
      uris.emplace_back(uri.data(), uri.size());
    }
    if (!IsCertificateOf(uris, uri_)) {
      logging::Warning(
          "a server has the wrong identity",
          {{"expected", uri_}, {"got", uris.empty() ? "nothing" : uris[0]}});
      *sync_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                  "the server has the wrong identity");
    }
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  const std::string uri_;
};

}  // namespace

bool IsCertificateOf(const std::vector<absl::string_view>& uris,
                     absl::string_view expected) {
  return uris.size() == 1 && uris[0] == expected;
}

std::shared_ptr<grpc::experimental::CertificateVerifier> MakeUriVerifier(
    const std::string& uri) {
  return ExternalCertificateVerifier::Create<UriVerifier>(uri);
}

}  // namespace u2fi::rpc
