#ifndef U2FI_SERVICES_COMMON_RPC_SERVICE_LIST_H_
#define U2FI_SERVICES_COMMON_RPC_SERVICE_LIST_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/service_type.h"

namespace u2fi::rpc {

// Services that one server offers.
class ServiceList {
 public:
  struct Entry {
    const google::protobuf::ServiceDescriptor* descriptor;
    grpc::Service* implementation;
  };

  // Adds an implementation of the generated service class Api, for example
  //   services.Add<challenge::v1::Challenge>(challenge_server);
  // It must outlive every server made from this list, and may be offered by
  // several.
  template <typename Api>
  ServiceList& Add(typename Api::Service& implementation) {
    entries_.push_back(
        {google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
             Api::service_full_name()),
         &implementation});
    return *this;
  }

  const std::vector<Entry>& entries() const { return entries_; }

  std::vector<const google::protobuf::ServiceDescriptor*> descriptors() const {
    std::vector<const google::protobuf::ServiceDescriptor*> descriptors;
    for (const Entry& entry : entries_) {
      descriptors.push_back(entry.descriptor);
    }
    return descriptors;
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_SERVICE_LIST_H_
