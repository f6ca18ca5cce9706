FROM httpd:2.4
